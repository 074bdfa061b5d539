/// Something answered that is not this version's trackd: not a problem document, or a body of another shape.
package struct UnexpectedAnswer: Error, Hashable, Sendable, CustomStringConvertible {
    package let address: DaemonAddress
    /// The request, for example `GET /v1/status`.
    package let request: String
    package let status: Int
    /// What did not fit.
    package let detail: String

    package init(address: DaemonAddress, request: String, status: Int, detail: String) {
        self.address = address
        self.request = request
        self.status = status
        self.detail = detail
    }

    package var description: String {
        "\(address) gave an answer to \(request) that is not understood (status \(status)): \(detail). "
            + "Check that trackd of the same version listens there."
    }
}
