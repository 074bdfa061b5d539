/// Words as lm-evaluation-harness counts them: `len(re.split(r"\s+", text))` of Python.
package enum PythonWords {
    package static func count(_ text: String) -> Int64 {
        var runs: Int64 = 0
        var isInside = false
        for scalar in text.unicodeScalars {
            let isSpace = isSpace(scalar.value)
            if isSpace, !isInside { runs += 1 }
            isInside = isSpace
        }
        return runs + 1
    }

    /// What `\s` matches in a Python text: the characters for which `str.isspace` is true.
    private static func isSpace(_ value: UInt32) -> Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
}
