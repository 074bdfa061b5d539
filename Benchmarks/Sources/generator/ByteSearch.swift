#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// By memchr(3), because the standard library's search goes byte by byte through generic code, too slow for bodies of megabytes.
extension [UInt8] {
    func firstPlace(of pattern: [UInt8], from start: Int) -> Int? {
        guard let first = pattern.first else { return nil }
        return withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            var place = start
            while place + pattern.count <= bytes.count,
                let found = memchr(base + place, Int32(first), bytes.count - pattern.count + 1 - place)
            {
                place = UnsafeRawPointer(found) - base
                if memcmp(found, pattern, pattern.count) == 0 { return place }
                place += 1
            }
            return nil
        }
    }

    func occurrences(of pattern: [UInt8]) -> Int {
        var total = 0
        var start = 0
        while let found = firstPlace(of: pattern, from: start) {
            total += 1
            start = found + pattern.count
        }
        return total
    }
}
