/// How long a silent worker keeps its job, and how often it should speak.
package struct LeaseTimes: Hashable, Sendable {
    package var lease: Duration
    package var beat: Duration

    /// A false rescue costs hours of an accelerator, a late one minutes of waiting: hence a lease of many beats.
    package init(lease: Duration = .seconds(600), beat: Duration = .seconds(30)) {
        self.lease = lease
        self.beat = beat
    }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}
