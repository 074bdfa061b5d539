// room: TrackDaemon
