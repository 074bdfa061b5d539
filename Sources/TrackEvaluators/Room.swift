// room: TrackEvaluators
