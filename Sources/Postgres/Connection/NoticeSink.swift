import CLibPQ
import Logging

/// Sends the server's notices to the log; libpq would write them to standard error.
final class NoticeSink {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// The sink must live as long as the connection does.
    func attach(to connection: OpaquePointer) {
        unsafe _ = PQsetNoticeReceiver(
            connection,
            { argument, result in
                guard let argument = unsafe argument, let result = unsafe result else { return }
                let sink = unsafe Unmanaged<NoticeSink>.fromOpaque(argument).takeUnretainedValue()
                unsafe sink.receive(result)
            },
            Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ result: OpaquePointer) {
        // V is the severity and M the message (PostgreSQL manual, 55.8).
        func field(_ code: UInt8) -> String {
            unsafe PQresultErrorField(result, Int32(code)).map { unsafe String(cString: $0) } ?? ""
        }
        logger.info(
            "PostgreSQL sent a notice",
            metadata: ["db.severity": "\(field(UInt8(ascii: "V")))", "db.message": "\(field(UInt8(ascii: "M")))"])
    }
}
