// room: TrackAlerts
