// room: TrackStatistics
