import CLibPQ
import Dispatch
import Synchronization

/// Connects the cancellation of a task with the statement that its connection is running.
///
/// One exists per unit of work. Once it is requested the connection must be closed: the request travels on a socket of its own and may
/// arrive at the server after the statement that it was meant for.
final class Cancellation: Sendable {
    private struct State {
        var isRequested = false
        var target: CancelTarget?
    }

    /// `PQcancel` blocks until the server has taken the request; this queue is where it does. It is concurrent so that one
    /// unreachable server does not hold up the requests to another.
    private static let queue = DispatchQueue(label: "postgres.cancel", attributes: .concurrent)
    private let state = Mutex(State())

    var isRequested: Bool {
        state.withLock { $0.isRequested }
    }

    /// Names the connection that a request goes to from now on.
    func aim(at target: CancelTarget?) {
        state.withLock { $0.target = target }
    }

    func request() {
        let target = state.withLock { state in
            state.isRequested = true
            return state.target
        }
        target?.cancelSoon(on: Self.queue)
    }
}

/// What libpq needs to ask the server to cancel whatever a connection is running.
///
// Safe: the pointer is private, is made in init and freed in deinit.
// Sendable: a PGcancel is a copy of the server's address and key that is never written after it was made, and libpq documents PQcancel
// as safe from every thread. It is freed once, when nobody holds this object.
@safe final class CancelTarget: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// - Returns: nil when the connection is closed already.
    init?(connection: OpaquePointer) {
        guard let pointer = unsafe PQgetCancel(connection) else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe PQfreeCancel(pointer)
    }

    func cancelSoon(on queue: DispatchQueue) {
        queue.async {
            // A failure needs no report: the unit of work then ends by its deadline.
            var text: [CChar] = Array(repeating: 0, count: 256)
            unsafe _ = text.withUnsafeMutableBufferPointer { unsafe PQcancel(self.pointer, $0.baseAddress, Int32($0.count)) }
        }
    }
}
