/// Asks again until it is so; a state that never comes fails the test after a long while.
func until(_ what: String, _ isSo: () async throws -> Bool) async throws {
    for _ in 0..<3000 {
        if try await isSo() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw NeverHappened(what: what)
}

struct NeverHappened: Error {
    let what: String
}
