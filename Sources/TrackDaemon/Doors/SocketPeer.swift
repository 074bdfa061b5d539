import NIOCore
import TrackCore
#if canImport(Glibc)
import Glibc
#endif

/// Who is at the other end of a Unix socket, in the kernel's words: the mode of a file can be changed by accident, these cannot.
enum SocketPeer {
    /// `struct ucred` of <sys/socket.h>, which glibc's module leaves out: three integers of 32 bits, so that the layout is C's.
    private struct Credentials {
        var pid: Int32
        var uid: UInt32
        var gid: UInt32
    }

    /// What a caller is told who is neither this process's own user nor root; nil for those two.
    static func refusal(on channel: any Channel) -> EventLoopFuture<Problem?> {
        guard let socket = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(refusal(of: nil, own: geteuid()))
        }
        let credentials: EventLoopFuture<Credentials> = socket.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
        return credentials.map { refusal(of: $0.uid, own: geteuid()) }.recover { _ in refusal(of: nil, own: geteuid()) }
    }

    /// - Parameter uid: nil when it is not known, which lets nobody in.
    static func refusal(of uid: UInt32?, own: UInt32) -> Problem? {
        if let uid, uid == own || uid == 0 { return nil }
        return Problem(
            .forbidden, "The Unix socket is for the user that runs trackd and for root. Others come over TCP, with a token: set TRACK_URL.")
    }
}
