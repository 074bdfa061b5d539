/// The settings of this client cannot be used: an address, a token file, a state folder. The sentence says what to change.
package struct ClientConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
