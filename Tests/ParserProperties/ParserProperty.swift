/// A parser that meets bytes from outside, and what must hold whatever it is given.
///
/// `scripts/fuzz` looks for bytes that break one of these, guided by coverage; the tests try every one of them on its seeds, on some
/// thousand changes of them, and on whatever has broken it before.
package struct ParserProperty: Sendable, CustomStringConvertible {
    /// As `scripts/fuzz --target` names it.
    package let name: String
    /// Inputs that the parser accepts, made by our own writers: where a fuzzer begins.
    package let seeds: @Sendable () throws -> [[UInt8]]
    /// Gives the parser some bytes and looks at what it makes of them.
    ///
    /// - Returns: whether it accepted them.
    /// - Throws: ``Broken`` when the property does not hold.
    package let holds: @Sendable ([UInt8]) async throws -> Bool

    package var description: String { name }

    package static let all: [ParserProperty] = [
        .run, .incoming, .spool, .upload, .answers, .evaluator, .weights, .checkpoint, .domains, .results, .settings, .words,
        .addresses,
    ]
}

/// What does not hold.
package struct Broken: Error, CustomStringConvertible {
    package let description: String
}

func require(_ isTrue: Bool, _ sentence: @autoclosure () -> String) throws(Broken) {
    guard isTrue else { throw Broken(description: sentence()) }
}

/// What `read` makes of the bytes; nil when it refuses them. A refusal may be any error; a broken property is passed on.
func accepted<Value>(_ read: () throws -> Value) throws(Broken) -> Value? {
    do {
        return try read()
    } catch let broken as Broken {
        throw broken
    } catch {
        return nil
    }
}
