package import Logging
import TrackStore

extension Sink {
    /// Writes each notification as one line of JSON to the log, as a warning.
    package static func log(name: String = "log", logger: Logger) -> Sink {
        Sink(name: name) { notification in
            logger.warning(
                "\(notification.body)", metadata: ["notification": "\(notification.id)", "kind": "\(notification.kind.rawValue)"])
            return .delivered
        }
    }
}
