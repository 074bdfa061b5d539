import NIOCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

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
        while let length = piece.bytesBeforeLineEnd {
            var part = piece.readSlice(length: length) ?? ByteBuffer()
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
        } else if rest.readableBytes == 0 {
            // Most lines arrive in one piece, and a slice of it is no copy.
            rest = part
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

extension ByteBuffer {
    /// How many bytes stand before the first line end; nil where there is none. `memchr` looks at 32 bytes at a time.
    fileprivate var bytesBeforeLineEnd: Int? {
        withUnsafeReadableBytes { bytes in
            guard let start = bytes.baseAddress, let end = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count) else { return nil }
            return UnsafeRawPointer(end) - start
        }
    }
}
