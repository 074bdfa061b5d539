import Foundation
import Testing
import TrackCore

@testable import TrackReview
@testable import TrackScorecards

@Suite("Axes of changes")
struct AxisTests {
    @Test("ticks are inside, apart, ascending, contain zero and are at least three, for spreads from 0.1 % to a millionfold")
    func ticks() {
        var spread = 0.001
        while spread < 14 {
            for (low, high) in [(-spread, spread), (-spread / 20, spread), (-spread, spread / 20), (0, spread)] {
                let axis = ChangeAxis(covering: [low, high], margin: 0.005, from: 300, to: 20)
                let ticks = axis.ticks(gap: 30, zeroGap: 24)
                #expect(ticks.count >= 3 && ticks.contains { $0.percent == 0 }, "\(low) to \(high): \(ticks)")
                for (first, second) in zip(ticks, ticks.dropFirst()) {
                    #expect(first.percent < second.percent)
                    #expect(first.place - second.place >= 24)
                }
                for tick in ticks {
                    #expect((20...300).contains(tick.place))
                    #expect(abs(axis.place(log1p(tick.percent / 100)) - tick.place) < 1e-9)
                }
            }
            spread *= 1.6
        }
    }

    @Test("what lies beyond the axis is put on its end")
    func ends() {
        let axis = ChangeAxis(covering: [.infinity, -1, 1, .nan], margin: 0.005, from: 0, to: 100)
        #expect(axis.place(.infinity) == 100)
        #expect(axis.place(-50) == 0)
        #expect(!axis.contains(.infinity))
    }

    @Test("one broken domain does not press hundreds of others together")
    func outlier() {
        var rows = Cards.large(domains: 200, checkpoints: 2).domains
        rows[7].change = Cards.estimate(9, 0.1)
        let cell = IntervalCell(rows: rows, margin: 0.005)
        #expect(cell.axis.high < 1)
        #expect(cell.plot(rows[7].change, verdict: .regressed).text.contains("#right"))
        #expect(!cell.plot(rows[8].change, verdict: .regressed).text.contains("#right"))
    }

    @Test("a missing checkpoint leaves a gap in the line")
    func gap() throws {
        var card = Cards.diverged()
        card.paths.ood[3] = nil
        let text = ScissorsFigure(card).markup().text
        #expect(text.matches(of: /class="line ood"/).count == 4)
        #expect(text.matches(of: /class="line ind"/).count == 2)
    }
}
