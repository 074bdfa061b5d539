#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What a socket is waited for.
enum Readiness {
    case readable
    case writable
    case either

    static func wait(_ socket: Int32, for readiness: Readiness, until deadline: ContinuousClock.Instant) -> Bool {
        readiness.wait(socket, until: deadline)
    }

    /// Blocks the thread until the socket is ready, or closed, or the deadline has passed.
    ///
    /// - Returns: false when the deadline passed.
    func wait(_ socket: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            var descriptor = pollfd(fd: socket, events: events, revents: 0)
            // Rounded up, so that a wait never ends before its deadline; a deadline in the past still asks once.
            let left = max(0, ContinuousClock.now.duration(to: deadline).milliseconds)
            let ready = unsafe poll(&descriptor, 1, Int32(clamping: left))
            if ready > 0 { return true }
            // Anything but an interrupted call shows itself at the next read.
            if ready < 0 && errno != EINTR { return true }
            if ready == 0 && deadline <= .now { return false }
        }
    }

    private var events: Int16 {
        switch self {
        case .readable: Int16(POLLIN)
        case .writable: Int16(POLLOUT)
        case .either: Int16(POLLIN | POLLOUT)
        }
    }
}
