/// Splits the outermost object of a JSON text into its members, with the white space between values taken out.
///
/// It does not interpret anything: numbers and strings stay as they are written. So a large file is read in one pass and two files
/// that differ only in their layout or in the order of their outermost members give the same members.
struct CompactMembers {
    /// Values by the raw text of their names.
    private(set) var members: [[UInt8]: [UInt8]] = [:]

    /// Nil when the text is not one JSON object, as far as brackets and quotes tell.
    init?(_ text: some Sequence<UInt8>) {
        var compact: [UInt8] = []
        var name: [UInt8]?
        var closers: [UInt8] = []
        var isInString = false
        var isEscaped = false
        var isFinished = false
        for byte in text {
            if isInString {
                compact.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == quote {
                    isInString = false
                }
                continue
            }
            if byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { continue }
            guard !isFinished else { return nil }
            if closers.isEmpty {
                guard byte == UInt8(ascii: "{") else { return nil }
                closers.append(UInt8(ascii: "}"))
                continue
            }
            let isOutermost = closers.count == 1
            switch byte {
            case quote:
                isInString = true
                compact.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                closers.append(byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
                compact.append(byte)
            case UInt8(ascii: ":") where isOutermost:
                guard name == nil, compact.first == quote else { return nil }
                name = compact
                compact = []
            case UInt8(ascii: ",") where isOutermost:
                guard keep(&name, &compact) else { return nil }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard closers.popLast() == byte else { return nil }
                if closers.isEmpty {
                    if name != nil || !compact.isEmpty { guard keep(&name, &compact) else { return nil } }
                    isFinished = true
                } else {
                    compact.append(byte)
                }
            default: compact.append(byte)
            }
        }
        guard isFinished else { return nil }
    }

    /// The members in the order of their names' bytes, except those named.
    func sorted(without excluded: [String]) -> [(name: [UInt8], value: [UInt8])] {
        let names = Set(excluded.map { [quote] + Array($0.utf8) + [quote] })
        return members.filter { !names.contains($0.key) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key, $0.value) }
    }

    private mutating func keep(_ name: inout [UInt8]?, _ value: inout [UInt8]) -> Bool {
        guard let key = name, !value.isEmpty else { return false }
        members[key] = value
        name = nil
        value = []
        return true
    }
}

private let quote = UInt8(ascii: "\"")
