import Testing
import TrackCore

@testable import TrackReview

@Suite struct DomainMovesTests {
    private let name = World.name("code/python")

    /// Types by id with count and summed NLL, the largest first, and the rest.
    private func losses(_ types: [(Int64, Int64, Double)], rest: (Int64, Double) = (0, 0)) -> TypeLosses {
        let sorted = types.sorted { $0.2 > $1.2 }
        return TypeLosses(
            id: sorted.map(\.0), text: sorted.map { "t\($0.0)" }, count: sorted.map(\.1), nll: sorted.map(\.2),
            rest: .init(count: rest.0, nll: rest.1))
    }

    @Test("types that both list change exactly, the largest first, each with its share of the domain's change")
    func exact() throws {
        let run = losses([(1, 4, 10), (2, 2, 9), (3, 1, 2)])
        let reference = losses([(1, 4, 7), (2, 2, 3), (3, 1, 3)])
        let moves = try #require(DomainMoves(name, of: run, against: reference))
        #expect(moves.change == 8)
        #expect(moves.moves.map(\.id) == [2, 1, 3])
        #expect(moves.moves.map(\.certain) == [6, 3, -1])
        #expect(moves.moves.map(\.share) == [0.75, 0.375, -0.125])
        #expect(moves.moves.allSatisfy { $0.isExact && $0.low == $0.high })
    }

    @Test("of a type that one side does not list only what is certain is told: it has at most the last listed sum, and at most the rest")
    func bounds() throws {
        // Type 9 is new on the list; before, it had at most 2 (the last listed), for the rest is 6.
        let moves = try #require(
            DomainMoves(name, of: losses([(1, 4, 10), (9, 2, 8)], rest: (4, 2)), against: losses([(1, 4, 9), (3, 1, 2)], rest: (5, 6))))
        let new = try #require(moves.moves.first)
        #expect(new.id == 9 && new.reference == nil && new.current == 8 && !new.isExact)
        #expect((new.low, new.high) == (6, 8))
        #expect(new.certain == 6 && new.share == 2)
        // Type 3 left the list: now it has at most 2, the rest's; it may not have changed at all.
        let gone = try #require(moves.moves.first { $0.id == 3 })
        #expect(gone.current == nil && (gone.low, gone.high) == (-2, 0) && gone.certain == 0)
        // With a rest of nothing it has nothing.
        let all = try #require(DomainMoves(name, of: losses([(1, 5, 10)]), against: losses([(1, 5, 7)])))
        #expect(all.moves.map(\.certain) == [3])
    }

    @Test("the truth lies between the bounds, whatever was left off the lists")
    func property() throws {
        var dice = Dice(seed: 7)
        for _ in 0..<300 {
            let counts = (0..<20).map { _ in Int64.random(in: 1...9, using: &dice) }
            let sums = (0..<2).map { _ in counts.map { Double($0) * Double.random(in: 0...4, using: &dice) } }
            func cut(_ sums: [Double], to most: Int) -> TypeLosses {
                let order = sums.indices.sorted { sums[$0] > sums[$1] }
                let rest = order.dropFirst(most)
                return losses(
                    order.prefix(most).map { (Int64($0), counts[$0], sums[$0]) },
                    rest: (rest.reduce(0) { $0 + counts[$1] }, rest.reduce(0) { $0 + sums[$1] }))
            }
            let most = Int.random(in: 1...20, using: &dice)
            let moves = try #require(DomainMoves(name, of: cut(sums[0], to: most), against: cut(sums[1], to: most), most: 40))
            for move in moves.moves {
                let truth = sums[0][Int(move.id)] - sums[1][Int(move.id)]
                #expect(move.low - 1e-9 <= truth && truth <= move.high + 1e-9)
                #expect(abs(move.certain) <= abs(truth) + 1e-9)
            }
            #expect(zip(moves.moves, moves.moves.dropFirst()).allSatisfy { abs($0.certain) >= abs($1.certain) })
        }
    }

    @Test("other tokens, in number or by type, do not compare")
    func others() {
        let run = losses([(1, 4, 10)], rest: (2, 1))
        #expect(DomainMoves(name, of: run, against: losses([(1, 4, 10)], rest: (3, 1))) == nil)
        #expect(DomainMoves(name, of: run, against: losses([(1, 3, 10)], rest: (3, 1))) == nil)
        let (one, other) = (World.run(0, []), World.run(60, [], tokenizer: Digest(ofText: "another")))
        #expect(RunComparison.typesCompare(one, World.run(60, [])))
        #expect(!RunComparison.typesCompare(one, other))
        #expect(!RunComparison.typesCompare(World.run(0, [], tokenizer: nil), World.run(60, [], tokenizer: nil)))
        #expect(!RunComparison.typesCompare(one, World.run(60, [], revision: Digest(ofText: "2"))))
    }

    @Test("what became infinite comes first, without a share")
    func infinite() throws {
        let moves = try #require(
            DomainMoves(name, of: losses([(1, 4, .infinity), (2, 1, 3)]), against: losses([(1, 4, 2), (2, 1, 1)])))
        #expect(moves.moves.map(\.id) == [1, 2])
        #expect(moves.moves.map(\.share) == [nil, nil])
        let both = try #require(DomainMoves(name, of: losses([(1, 4, .infinity)]), against: losses([(1, 4, .infinity)])))
        #expect(both.moves.isEmpty)
    }

    @Test("only domains that were flagged are told")
    func flagged() {
        let comparison = World.compare(
            [World.moved("code/a", by: 0.5), World.moved("code/b", by: 0)], World.base(["code/a", "code/b"]).domains)
        let types = [World.name("code/a"): losses([(1, 4, 9)]), World.name("code/b"): losses([(1, 4, 9)])]
        #expect(comparison.moves([.regressed], run: types, reference: types).map(\.name.description) == ["code/a"])
        #expect(comparison.moves([.regressed], run: types, reference: [:]).isEmpty)
    }
}
