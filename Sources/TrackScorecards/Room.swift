// room: TrackScorecards
