#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Finds the paragraphs of one file of training text, which comes in pieces of any length.
///
/// Of JSON every string at any depth is looked at, names of fields included: training files call their text `text`, `content`, `prompt`,
/// `completion`, and whatever a model was trained on stands in one of them.
struct TrainingScanner {
    enum Form: Hashable, Sendable { case text, json }

    /// The line that is being read, from 1.
    private(set) var line = 1
    /// Lines of JSON that end inside a string or begin with none of JSON's values: a damaged file. Their strings are looked at all the
    /// same.
    private(set) var brokenLines = 0

    private let form: Form
    private var cutter: ParagraphCutter
    private var state = State.outside
    /// Whether the line has shown its first character.
    private var hasBegun = false
    /// The first half of a character that JSON writes as two escapes.
    private var surrogate: UInt32?

    private enum State {
        case outside, string, escape
        case unicode(digits: Int, value: UInt32)
    }

    /// - Parameter lengths: bytes of a paragraph that can matter.
    init(form: Form, lengths: ClosedRange<Int>) {
        self.form = form
        cutter = ParagraphCutter(lengths: lengths)
    }

    mutating func append(_ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, _ line: Int) -> Void) {
        switch form {
        case .text: text(piece, body)
        case .json: json(piece, body)
        }
    }

    /// The end of the file, which needs no line feed.
    mutating func finish(_ body: (UnsafeRawBufferPointer, _ line: Int) -> Void) {
        if form == .json {
            if case .outside = state { return }
            brokenLines += 1
        }
        cutter.finish(Self.nothing) { [line] in body($0, line) }
    }

    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private mutating func text(_ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) -> Void) {
        var start = 0
        while let end = Self.lineFeed(in: piece, from: start) {
            cutter.finish(UnsafeRawBufferPointer(rebasing: piece[start..<end])) { [line] in body($0, line) }
            line += 1
            start = end + 1
        }
        cutter.gather(UnsafeRawBufferPointer(rebasing: piece[start...]))
    }

    private static func lineFeed(in piece: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < piece.count, let base = piece.baseAddress,
            let found = memchr(base + start, Int32(UInt8(ascii: "\n")), piece.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    private mutating func json(_ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) -> Void) {
        var place = 0
        while place < piece.count {
            switch state {
            case .outside: between(piece, &place)
            case .string: string(piece, &place, body)
            case .escape:
                escape(piece[place], body)
                place += 1
            case .unicode(let digits, let value):
                unicode(piece[place], digits, value, body)
                place += 1
            }
        }
    }

    private mutating func between(_ piece: UnsafeRawBufferPointer, _ place: inout Int) {
        while place < piece.count {
            let byte = piece[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                hasBegun = true
                state = .string
                return
            case UInt8(ascii: "\n"): endLine()
            case _ where hasBegun || ParagraphCutter.isBlank(byte): break
            default:
                hasBegun = true
                if !Self.beginsValue(byte) { brokenLines += 1 }
            }
        }
    }

    /// Also what stands alone on a line of JSON that is printed over several.
    private static func beginsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: "-"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            true
        default: false
        }
    }

    private mutating func string(_ piece: UnsafeRawBufferPointer, _ place: inout Int, _ body: (UnsafeRawBufferPointer, Int) -> Void) {
        let start = place
        while place < piece.count, !Self.endsRun(piece[place]) { place += 1 }
        let run = UnsafeRawBufferPointer(rebasing: piece[start..<place])
        if !run.isEmpty { dropSurrogate() }
        guard place < piece.count else { return cutter.gather(run) }
        let byte = piece[place]
        place += 1
        switch byte {
        case UInt8(ascii: "\\") where place < piece.count && piece[place] == UInt8(ascii: "n"):
            // The end of nearly every paragraph: handed on without a copy.
            place += 1
            dropSurrogate()
            cutter.finish(run) { [line] in body($0, line) }
        case UInt8(ascii: "\\"):
            cutter.gather(run)
            state = .escape
        default:
            dropSurrogate()
            cutter.finish(run) { [line] in body($0, line) }
            state = .outside
            if byte == UInt8(ascii: "\n") {
                brokenLines += 1
                endLine()
            }
        }
    }

    /// A quotation mark, a backslash or a line feed.
    private static func endsRun(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x5c || byte == 0x0a }

    private mutating func escape(_ byte: UInt8, _ body: (UnsafeRawBufferPointer, Int) -> Void) {
        state = .string
        if byte == UInt8(ascii: "u") {
            state = .unicode(digits: 0, value: 0)
            return
        }
        dropSurrogate()
        switch byte {
        case UInt8(ascii: "n"): cutter.finish(Self.nothing) { [line] in body($0, line) }
        case UInt8(ascii: "t"): gather([0x09])
        case UInt8(ascii: "r"): gather([0x0d])
        case UInt8(ascii: "b"): gather([0x08])
        case UInt8(ascii: "f"): gather([0x0c])
        default: gather([byte])
        }
    }

    private mutating func unicode(
        _ byte: UInt8, _ digits: Int, _ value: UInt32, _ body: (UnsafeRawBufferPointer, Int) -> Void
    ) {
        let next = value << 4 | UInt32(Self.hexadecimal(byte) ?? 0)
        guard digits == 3 else {
            state = .unicode(digits: digits + 1, value: next)
            return
        }
        state = .string
        if (0xdc00...0xdfff).contains(next), let first = surrogate {
            surrogate = nil
            gather(scalar: 0x10000 + ((first - 0xd800) << 10) + (next - 0xdc00))
        } else {
            dropSurrogate()
            switch next {
            case 0xd800...0xdbff: surrogate = next
            case 0x0a: cutter.finish(Self.nothing) { [line] in body($0, line) }
            default: gather(scalar: next)
            }
        }
    }

    /// A first half without its second stands for no character: U+FFFD, as every reader of JSON has it.
    private mutating func dropSurrogate() {
        guard surrogate != nil else { return }
        surrogate = nil
        gather(scalar: 0xfffd)
    }

    private mutating func gather(scalar: UInt32) {
        gather(Array(String(Unicode.Scalar(scalar) ?? "\u{fffd}").utf8))
    }

    private mutating func gather(_ bytes: [UInt8]) { bytes.withUnsafeBytes { cutter.gather($0) } }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private mutating func endLine() {
        line += 1
        hasBegun = false
    }
}
