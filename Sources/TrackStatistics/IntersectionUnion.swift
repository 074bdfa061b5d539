/// The intersection–union test: a claim that joins several claims is proven only when each of them is.
package enum IntersectionUnion {
    /// The largest p. It needs no correction for their number and no independence (Berger 1982). 1 when there is none.
    package static func p(_ pValues: Double...) -> Double { pValues.max() ?? 1 }
}
