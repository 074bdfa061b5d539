/// Names of domains one after the other in one piece of memory, so that two lists are compared without making a string.
struct NameList: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { ends.count }

    mutating func append(_ name: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: name)
        ends.append(bytes.count)
    }

    mutating func append(_ name: DomainName) {
        bytes.append(contentsOf: name.description.utf8)
        ends.append(bytes.count)
    }

    subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(index)] }

    func string(_ index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

    /// Whether a name of this list is a name of the other one, byte for byte.
    func isSame(_ index: Int, as other: NameList, _ otherIndex: Int) -> Bool {
        let (range, otherRange) = (range(index), other.range(otherIndex))
        guard range.count == otherRange.count else { return false }
        return bytes.withUnsafeBytes { own in
            other.bytes.withUnsafeBytes { other in
                UnsafeRawBufferPointer(rebasing: own[range]).elementsEqual(UnsafeRawBufferPointer(rebasing: other[otherRange]))
            }
        }
    }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}
