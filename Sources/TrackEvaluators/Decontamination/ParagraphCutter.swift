/// Puts together the paragraphs of a text that comes in pieces.
///
/// A paragraph inside one piece is handed on where it lies; one over a border is gathered. No more is kept than the longest paragraph
/// that could matter, so that a line of any length, or a file without any line feed, costs no memory.
struct ParagraphCutter {
    /// Bytes of a paragraph that can matter, without the white space at its ends.
    let lengths: ClosedRange<Int>
    private var gathered: [UInt8] = []
    private var isTooLong = false

    init(lengths: ClosedRange<Int>) { self.lengths = lengths }

    /// The next bytes of the paragraph, which goes on.
    mutating func gather(_ bytes: UnsafeRawBufferPointer) {
        guard !isTooLong else { return }
        var rest = bytes[...]
        if gathered.isEmpty { rest = rest.drop(while: Self.isBlank) }
        let room = lengths.upperBound - gathered.count
        gathered.append(contentsOf: rest.prefix(room))
        // What follows the longest one may only be the white space after it.
        if rest.count > room, !rest.dropFirst(room).allSatisfy(Self.isBlank) { isTooLong = true }
    }

    /// The last bytes of the paragraph: `body` gets all of it, if its length can matter.
    mutating func finish(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard gathered.isEmpty, !isTooLong else {
            gather(bytes)
            if !isTooLong { gathered.withUnsafeBytes { hand($0, to: body) } }
            gathered.removeAll(keepingCapacity: true)
            isTooLong = false
            return
        }
        hand(bytes, to: body)
    }

    private func hand(_ bytes: UnsafeRawBufferPointer, to body: (UnsafeRawBufferPointer) -> Void) {
        let paragraph = Self.trimmed(bytes)
        if lengths.contains(paragraph.count) { body(paragraph) }
    }

    /// Without the white space of ASCII at both ends.
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// Blank, tabulators, carriage return, form feed.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
