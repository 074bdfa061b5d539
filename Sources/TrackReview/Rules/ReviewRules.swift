/// The thresholds of every judgement; what a card states about itself.
package struct ReviewRules: Hashable, Sendable, Codable {
    /// False discovery rate over the domains of one card against one reference, and the level of the divergence test.
    package var q = 0.05
    /// The smallest change that counts, as a log ratio: ln 1.005, half a per cent.
    package var margin = 0.004_987_541_511_039_073
    /// A domain is unchanged only when its interval at this level lies within the margin.
    package var unchangedLevel = 0.90
    /// The level of the intervals that are shown.
    package var intervalLevel = 0.95
    /// The share of either side's tokens that may lack a partner before two domains do not compare.
    package var maximumUnpairedShare = 0.01
    /// The power for which the minimal detectable effect is stated.
    package var power = 0.8
    /// Fewer effective documents than this are marked as low power.
    package var lowPowerDocuments = 30.0

    package init() {}
}
