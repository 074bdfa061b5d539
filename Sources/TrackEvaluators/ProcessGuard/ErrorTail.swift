import Synchronization

/// The last 64 KiB of a process's standard error.
final class ErrorTail: Sendable {
    static let limit = 65_536
    private let bytes = Mutex<[UInt8]>([])

    func append(_ more: UnsafeRawBufferPointer) {
        bytes.withLock { bytes in
            bytes.append(contentsOf: more.suffix(Self.limit))
            if bytes.count > Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
        }
    }

    /// A character that the limit cut in two shows as a replacement character.
    var text: String {
        bytes.withLock { String(decoding: $0, as: UTF8.self) }
    }
}
