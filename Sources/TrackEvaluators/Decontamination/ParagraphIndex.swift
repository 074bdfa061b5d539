import Crypto

/// The paragraphs of a domain set that are looked for in training text: a small filter that says no to nearly everything, and the table
/// that has the last word.
///
/// The set is the small side and the training text the large one, so that the set is what is kept. A paragraph takes 3 bytes in the
/// filter at a rate of 1e-5, and about 60 in the table, whatever its length.
struct ParagraphIndex: Sendable {
    /// SHA-256, cut to 128 bits: the odds that two of ten million paragraphs share one are below 1e-24.
    struct Key: Hashable, Sendable {
        let high: UInt64
        let low: UInt64

        init(_ bytes: UnsafeRawBufferPointer) {
            var hasher = SHA256()
            hasher.update(bufferPointer: bytes)
            (high, low) = hasher.finalize().withUnsafeBytes {
                ($0.loadUnaligned(fromByteOffset: 0, as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
        }
    }

    let filter: BloomFilter
    private let numbers: [Key: Int32]
    /// Bytes of the shortest paragraph and of the longest.
    let lengths: ClosedRange<Int>
    /// The paragraphs of each document, as numbers, in the order in which the documents were added.
    let documents: [[Int32]]

    var count: Int { numbers.count }

    /// Whether the filter lets the paragraph pass, and its number if it is one of the set's.
    func look(for paragraph: UnsafeRawBufferPointer) -> (passed: Bool, number: Int32?) {
        guard filter.mayContain(Self.hash(paragraph)) else { return (false, nil) }
        return (true, numbers[Key(paragraph)])
    }

    /// Swift's own hash of bytes, SipHash with a key of this process.
    static func hash(_ paragraph: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: paragraph)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    struct Builder: Sendable {
        private var numbers: [Key: Int32] = [:]
        private var hashes: [UInt64] = []
        private var shortest = Int.max
        private var longest = 0
        private var documents: [[Int32]] = []

        /// Adds a document: the parts of its text that stand by themselves, which is one but for conversations.
        mutating func add(_ texts: [String]) {
            var own: [Int32] = []
            for var text in texts {
                text.withUTF8 { bytes in
                    for span in bytes.split(separator: UInt8(ascii: "\n")) {
                        let paragraph = ParagraphCutter.trimmed(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: span)))
                        guard ParagraphRule.counts(String(decoding: paragraph, as: UTF8.self)) else { continue }
                        own.append(number(of: paragraph))
                    }
                }
            }
            documents.append(own)
        }

        func finish(falsePositiveRate: Double) -> ParagraphIndex {
            var filter = BloomFilter(members: hashes.count, falsePositiveRate: falsePositiveRate)
            for hash in hashes { filter.insert(hash) }
            return ParagraphIndex(
                filter: filter, numbers: numbers, lengths: hashes.isEmpty ? 1...1 : shortest...longest, documents: documents)
        }

        private mutating func number(of paragraph: UnsafeRawBufferPointer) -> Int32 {
            let key = Key(paragraph)
            if let known = numbers[key] { return known }
            let number = Int32(hashes.count)
            numbers[key] = number
            hashes.append(ParagraphIndex.hash(paragraph))
            shortest = min(shortest, paragraph.count)
            longest = max(longest, paragraph.count)
            return number
        }
    }
}
