/// Why a folder cannot be exported into or imported from: a sentence with what to do.
package struct TransferFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
