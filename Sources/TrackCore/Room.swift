// room: TrackCore
