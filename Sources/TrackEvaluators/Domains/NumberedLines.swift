import Glibc

/// Cuts a stream of bytes into lines with their numbers, from 1. A line over the limit is passed over and not held.
struct NumberedLines {
    enum Content: Hashable {
        case whole([UInt8])
        case tooLong
    }

    struct Line: Hashable {
        let number: Int
        let content: Content
    }

    private let limit: Int64
    private var begun: [UInt8] = []
    private var isPassingOver = false
    private var number = 0
    private var ready: [Line] = []

    /// - Parameter limit: bytes of a line without its line feed.
    init(limit: Int64) { self.limit = limit }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        var rest = piece
        while let base = rest.baseAddress, let found = memchr(base, Int32(UInt8(ascii: "\n")), rest.count) {
            let length = UnsafeRawPointer(found) - base
            hold(UnsafeRawBufferPointer(rebasing: rest[..<length]))
            complete()
            rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...])
        }
        hold(rest)
    }

    /// The lines that are complete; each is given once.
    mutating func take() -> [Line] {
        defer { ready = [] }
        return ready
    }

    /// The end of the stream: the last line needs no line feed.
    mutating func finish() {
        if !begun.isEmpty || isPassingOver { complete() }
    }

    private mutating func hold(_ bytes: UnsafeRawBufferPointer) {
        guard !isPassingOver else { return }
        if Int64(begun.count + bytes.count) > limit {
            begun = []
            isPassingOver = true
        } else {
            begun.append(contentsOf: bytes)
        }
    }

    private mutating func complete() {
        number += 1
        ready.append(Line(number: number, content: isPassingOver ? .tooLong : .whole(begun)))
        begun = []
        isPassingOver = false
    }
}
