// room: TrackWorker
