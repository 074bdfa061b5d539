// room: TrackStore
