// room: TrackAPI
