// room: TrackReview
