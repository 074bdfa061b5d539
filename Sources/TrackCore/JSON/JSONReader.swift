/// What a reader refuses beyond what JSON itself forbids.
package struct JSONLimits: Sendable {
    /// Objects and arrays inside one another.
    package var depth = 32
    /// UTF-8 bytes of one string, or of one key.
    package var string: Int
    /// Whether text may hold U+FFFE, U+FDD0 and the other code points that are no characters. A measured document may, because it is
    /// measured as it is.
    package var allowsNoncharacters: Bool

    package init(string: Int = 8 << 10, allowsNoncharacters: Bool = false) {
        self.string = string
        self.allowsNoncharacters = allowsNoncharacters
    }
}

/// Why a reader stopped: at which byte, and below it at which member. It becomes a ``Fault``, whose JSON pointer is found only then.
package struct JSONRefusal: Error {
    let offset: Int
    var member: String?
    let reason: String

    static let notJSON = "is not valid JSON"
}

/// Reads one JSON value from bytes, from its beginning to its end, and refuses everything that two readers could understand differently:
/// duplicate keys, numbers that no Int64 or double holds, lone surrogates, NUL, bytes that are not UTF-8.
///
/// It pulls: whoever knows what should come next asks for it, so that nothing is built that nobody wants. A value is read by exactly one
/// call; ``readObject(_:)`` and ``readArray(_:)`` hand themselves to their closure at the start of each value.
package struct JSONReader {
    // Safe: `read` alone makes readers, and its buffer outlives them.
    let input: UnsafeRawBufferPointer
    let limits: JSONLimits
    var position = 0
    var count: Int { input.count }
    private var depth = 0
    /// The keys of all open objects so far, the innermost object's last.
    private var keys: [Text] = []

    private init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits) {
        input = bytes
        self.limits = limits
    }

    /// Reads the one value that the bytes hold.
    ///
    /// - Throws: ``Fault`` with the JSON pointer of what is wrong.
    package static func read<Value>(
        _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits(), _ body: (inout JSONReader) throws(JSONRefusal) -> Value
    ) throws -> Value {
        do throws(JSONRefusal) {
            var reader = JSONReader(bytes, limits: limits)
            let value = try body(&reader)
            reader.skipSpace()
            guard reader.position == reader.count else {
                throw JSONRefusal(offset: 0, reason: "has something after its end")
            }
            return value
        } catch {
            let place = JSONPlace.pointer(at: error.offset, in: bytes) + (error.member.map(JSONPlace.step) ?? "")
            throw Fault(field: place, reason: error.reason)
        }
    }

    /// Refuses bytes that are not one value by these rules, whatever they say.
    ///
    /// - Throws: ``Fault`` with the JSON pointer of what is wrong.
    package static func validate(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) throws {
        try read(bytes, limits: limits) { (reader) throws(JSONRefusal) in try reader.skipValue() }
    }

    // MARK: Containers

    /// Calls `member` with every key, at the start of its value, which it must read or skip.
    ///
    /// - Returns: where the object begins, for what is missing in it.
    @discardableResult
    package mutating func readObject(_ member: (inout JSONReader, Text) throws(JSONRefusal) -> Void) throws(JSONRefusal) -> Int {
        let start = try open(UInt8(ascii: "{"), "must be an object")
        let outer = keys.count
        var many: Set<[UInt8]>?
        if next() == UInt8(ascii: "}") {
            close()
            return start
        }
        while true {
            guard next() == UInt8(ascii: "\"") else { throw broken() }
            let place = position
            let key = try readText(limit: limits.string)
            guard isNew(key, since: outer, &many) else { throw JSONRefusal(offset: place, member: key.string, reason: "is named twice") }
            guard next() == UInt8(ascii: ":") else { throw broken() }
            position += 1
            try member(&self, key)
            if try isLast(UInt8(ascii: "}")) { break }
        }
        keys.removeLast(keys.count - outer)
        close()
        return start
    }

    /// Calls `element` at the start of every value, which it must read or skip.
    package mutating func readArray(_ element: (inout JSONReader) throws(JSONRefusal) -> Void) throws(JSONRefusal) {
        try open(UInt8(ascii: "["), "must be a list")
        if next() != UInt8(ascii: "]") {
            repeat { try element(&self) } while try !isLast(UInt8(ascii: "]"))
        }
        close()
    }

    /// Few keys are compared one by one; for more than these a set keeps the cost of a hostile object in proportion to its size.
    private mutating func isNew(_ key: Text, since outer: Int, _ many: inout Set<[UInt8]>?) -> Bool {
        if keys.count - outer < 16 {
            for index in outer..<keys.count where keys[index] == key { return false }
            keys.append(key)
            return true
        }
        if many == nil { many = Set(keys[outer...].map(\.bytes)) }
        return many?.insert(key.bytes).inserted == true
    }

    @discardableResult
    private mutating func open(_ bracket: UInt8, _ otherwise: String) throws(JSONRefusal) -> Int {
        guard next() == bracket else { throw unexpected(otherwise) }
        depth += 1
        guard depth <= limits.depth else {
            throw JSONRefusal(offset: position, reason: "is nested deeper than \(limits.depth) levels")
        }
        position += 1
        return position - 1
    }

    private mutating func close() {
        depth -= 1
        position += 1
    }

    /// Whether a value was the last one; else the next one begins after a comma.
    private mutating func isLast(_ bracket: UInt8) throws(JSONRefusal) -> Bool {
        let byte = next()
        if byte == UInt8(ascii: ",") {
            position += 1
            return false
        }
        guard byte == bracket else { throw broken() }
        return true
    }

    // MARK: Single values

    package mutating func readString(limit: Int? = nil) throws(JSONRefusal) -> String { try readWord(limit: limit).string }

    /// A string as its bytes, for what is compared and not kept.
    package mutating func readWord(limit: Int? = nil) throws(JSONRefusal) -> Text {
        guard next() == UInt8(ascii: "\"") else { throw unexpected("must be a string") }
        return try readText(limit: limit ?? limits.string)
    }

    /// A string as the value that it names.
    package mutating func read<Value>(_ make: (String) -> Value?, otherwise reason: String) throws(JSONRefusal) -> Value {
        let text = try readWord()
        guard let value = make(text.string) else { throw JSONRefusal(offset: text.offset, reason: reason) }
        return value
    }

    /// Reads `null`, or leaves another value for the caller.
    package mutating func readNull() throws(JSONRefusal) -> Bool {
        guard next() == UInt8(ascii: "n") else { return false }
        try readLiteral("null")
        return true
    }

    package mutating func skipValue() throws(JSONRefusal) {
        switch next() {
        case UInt8(ascii: "{"): try readObject { (reader, _) throws(JSONRefusal) in try reader.skipValue() }
        case UInt8(ascii: "["): try readArray { (reader) throws(JSONRefusal) in try reader.skipValue() }
        case UInt8(ascii: "\""): _ = try readText(limit: limits.string)
        case UInt8(ascii: "t"): try readLiteral("true")
        case UInt8(ascii: "f"): try readLiteral("false")
        case UInt8(ascii: "n"): try readLiteral("null")
        default: try skipNumber()
        }
    }

    private mutating func readLiteral(_ literal: StaticString) throws(JSONRefusal) {
        let length = literal.utf8CodeUnitCount
        guard position + length <= count,
            slice(from: position, to: position + length).elementsEqual(
                UnsafeRawBufferPointer(start: literal.utf8Start, count: length))
        else { throw broken() }
        position += length
    }

    // MARK: Bytes

    /// The first byte that is no white space, where the reader then stands; 0, which begins nothing, at the end.
    @inline(__always)
    mutating func next() -> UInt8 {
        skipSpace()
        return position < count ? byte(position) : 0
    }

    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { input[offset] }

    func slice(from start: Int, to end: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: input[start..<end]) }

    @inline(__always)
    private mutating func skipSpace() {
        while position < count {
            switch byte(position) {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            default: return
            }
        }
    }

    func broken() -> JSONRefusal { JSONRefusal(offset: position, reason: JSONRefusal.notJSON) }

    /// A value of another type than the one that was asked for, or none at all.
    func unexpected(_ wanted: String) -> JSONRefusal {
        guard position < count else { return broken() }
        switch byte(position) {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return JSONRefusal(offset: position, reason: wanted)
        default: return broken()
        }
    }
}
