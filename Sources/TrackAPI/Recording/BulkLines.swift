import NIOCore

/// Cuts what arrives into lines. A line that is too long is let pass without being kept.
struct BulkLines {
    enum Line {
        case text(ByteBuffer)
        case tooLong
    }

    private let limit: Int
    private var rest = ByteBuffer()
    private var isSkipping = false

    init(limit: Int) { self.limit = limit }

    /// The lines that end in the piece.
    mutating func cut(_ piece: ByteBuffer) -> [Line] {
        var piece = piece
        var lines: [Line] = []
        while let end = piece.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            var part = piece.readSlice(length: end - piece.readerIndex) ?? ByteBuffer()
            piece.moveReaderIndex(forwardBy: 1)
            keep(&part)
            lines.append(take())
        }
        keep(&piece)
        return lines
    }

    /// A last line that has no end.
    mutating func last() -> Line? { isSkipping || rest.readableBytes > 0 ? take() : nil }

    private mutating func keep(_ part: inout ByteBuffer) {
        if isSkipping || rest.readableBytes + part.readableBytes > limit {
            isSkipping = true
            rest = ByteBuffer()
        } else {
            rest.writeBuffer(&part)
        }
    }

    private mutating func take() -> Line {
        defer {
            rest = ByteBuffer()
            isSkipping = false
        }
        return isSkipping ? .tooLong : .text(rest)
    }
}
