import Testing

@testable import TrackStatistics

@Suite("Student's t and the normal distribution")
struct DistributionTests {
    let reference: Reference

    init() throws { reference = try .load() }

    @Test("upper tails have 12 digits from the centre to the smallest number, for any degrees of freedom")
    func tails() {
        #expect(reference.tails.count > 150)
        for row in reference.tails {
            let p = StudentT(degreesOfFreedom: row.df.value).survival(row.t)
            #expect(agree(p, row.survival), "df \(row.df.value), t \(row.t): \(p), not \(row.survival)")
        }
    }

    @Test("the normal distribution is Student's with infinitely many degrees of freedom")
    func normal() {
        for row in reference.tails where row.df.value == .infinity {
            #expect(agree(NormalDistribution.survival(row.t), row.survival))
            #expect(agree(NormalDistribution.cumulative(-row.t), row.survival))
            #expect(agree(NormalDistribution.quantile(upperTail: row.survival), row.t, within: row.t < 0.1 ? 1e-3 : 1e-11))
            // Laplace's fraction, which the quantile uses, against the error function, which the tail uses.
            if row.t > 2 {
                let limit = StudentT(degreesOfFreedom: 1e18).survival(row.t)
                #expect(agree(limit, row.survival, within: 1e-11))
            }
        }
    }

    @Test("quantiles equal the reference")
    func quantiles() {
        #expect(reference.quantiles.count > 60)
        for row in reference.quantiles {
            let student = StudentT(degreesOfFreedom: row.df.value)
            let t = student.quantile(upperTail: row.p)
            #expect(agree(t, row.t, within: 1e-9), "df \(row.df.value), p \(row.p): \(t), not \(row.t)")
            #expect(agree(student.survival(t), row.p, within: 1e-12), "df \(row.df.value), p \(row.p)")
            #expect(student.quantile(row.p) == -t)
        }
    }

    @Test("survival and cumulative add up to one and mirror each other")
    func symmetry() {
        for df in [0.3, 1, 4.5, 60, 1e6, .infinity] {
            let student = StudentT(degreesOfFreedom: df)
            for t in [0, 0.1, 1, 1.73, 1.74, 4, 50] {
                #expect(student.cumulative(-t) == student.survival(t))
                #expect(agree(student.cumulative(t) + student.survival(t), 1))
            }
            #expect(student.survival(0) == 0.5)
        }
    }

    @Test("survival falls without a step where the two methods meet")
    func monotone() {
        for df in [0.2, 1, 2, 7.7, 300, 1e9, .infinity] {
            let student = StudentT(degreesOfFreedom: df)
            var previous = 1.0
            for step in -400...2_000 {
                let p = student.survival(Double(step) * 0.01)
                #expect(p <= previous * (1 + 1e-13))
                previous = p
            }
        }
    }

    @Test("the ends and what is no probability")
    func edges() {
        for df in [0.5, 3, .infinity] {
            let student = StudentT(degreesOfFreedom: df)
            #expect(student.quantile(upperTail: 0) == .infinity)
            #expect(student.quantile(upperTail: 1) == -.infinity)
            #expect(student.quantile(0.5) == 0)
            #expect(student.quantile(1.5).isNaN)
            #expect(student.quantile(-0.1).isNaN)
            #expect(student.survival(.infinity) == 0)
            #expect(student.survival(-.infinity) == 1)
            #expect(student.survival(.nan).isNaN)
        }
        #expect(StudentT(degreesOfFreedom: 0).survival(1).isNaN)
        #expect(StudentT(degreesOfFreedom: -1).quantile(0.3).isNaN)
        #expect(StudentT(degreesOfFreedom: .nan).survival(1).isNaN)
        #expect(StudentT(degreesOfFreedom: 0.01).quantile(upperTail: 1e-9) == .infinity)
    }
}
