/// Where in a JSON value a byte stands.
///
/// A reader that keeps no path is faster; after a refusal the text before it, which the reader has accepted, is walked once more.
enum JSONPlace {
    private enum Level {
        case list(index: Int)
        /// The key is nil before the first colon and after every comma.
        case object(key: String?)
    }

    /// The JSON pointer (RFC 6901) of the value or the member that begins at the offset or holds it.
    static func pointer(at offset: Int, in bytes: UnsafeRawBufferPointer) -> String {
        var levels: [Level] = []
        var index = 0
        while index < min(offset, bytes.count) {
            switch bytes[index] {
            case UInt8(ascii: "{"): levels.append(.object(key: nil))
            case UInt8(ascii: "["): levels.append(.list(index: 0))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = levels.popLast()
            case UInt8(ascii: ","):
                switch levels.popLast() {
                case .list(let index): levels.append(.list(index: index + 1))
                case .object: levels.append(.object(key: nil))
                case nil: break
                }
            case UInt8(ascii: "\""):
                let start = index + 1
                index = end(ofStringFrom: start, in: bytes)
                if case .object(key: nil) = levels.last, index < offset {
                    levels[levels.count - 1] = .object(key: String(decoding: bytes[start..<index], as: UTF8.self))
                }
            default: break
            }
            index += 1
        }
        return levels.map { level in
            switch level {
            case .list(let index): "/\(index)"
            case .object(let key): key.map(step) ?? ""
            }
        }.joined()
    }

    /// One step of a pointer to the member of that name.
    static func step(_ key: String) -> String { "/" + key.replacing("~", with: "~0").replacing("/", with: "~1") }

    private static func end(ofStringFrom start: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index
    }
}
