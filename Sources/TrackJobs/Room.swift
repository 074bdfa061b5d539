// room: TrackJobs
