// room: TrackClient
