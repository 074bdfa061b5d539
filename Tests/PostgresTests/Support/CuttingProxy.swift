import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A TCP server on 127.0.0.1 that forwards to the server under test and can fail on purpose.
final class CuttingProxy: Sendable {
    enum Fault {
        /// Closes the connection in place of forwarding bytes that hold the word, so many times.
        case cutBefore(String, times: Int)
        /// Forwards bytes that hold the word and closes the connection before the answer.
        case cutAfter(String)
        /// Does something before it forwards bytes that hold the word.
        case meanwhile(String, @Sendable () -> Void)
        /// Forwards nothing more from the server.
        case stall
    }

    private struct State {
        var fault: Fault?
        var accepted = 0
        var closedByServer = 0
        var isClosing = false
    }

    let port: Int
    private let listener: Int32
    private let socketPath: String
    private let state = Mutex(State())

    init(server: ServerUnderTest) {
        socketPath = server.socketFolder + "/.s.PGSQL.5432"
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) == 0 && listen(listener, 16) == 0
                && getsockname(listener, $0, &length) == 0 }
        }
        precondition(isListening)
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 || state.withLock({ $0.isClosing }) { return }
                state.withLock { $0.accepted += 1 }
                Thread.detachNewThread { [self] in serve(client) }
            }
        }
    }

    func close() {
        state.withLock { $0.isClosing = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    func set(_ fault: Fault?) { state.withLock { $0.fault = fault } }
    var acceptedCount: Int { state.withLock { $0.accepted } }
    /// Connections whose server side ended, and whose client side was closed because of it.
    var closedByServerCount: Int { state.withLock { $0.closedByServer } }

    private func serve(_ client: Int32) {
        let server = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else { Glibc.close(client); return }
        let upstreamDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [self] in
            pump(from: server, to: client, isAnswer: true)
            upstreamDone.signal()
        }
        pump(from: client, to: server, isAnswer: false)
        upstreamDone.wait()
        Glibc.close(client)
        Glibc.close(server)
    }

    private func pump(from source: Int32, to target: Int32, isAnswer: Bool) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(source, &buffer, buffer.count)
            if count <= 0 { break }
            let text = String(decoding: buffer[..<count], as: UTF8.self)
            let verdict = state.withLock { decide(text, isAnswer: isAnswer, &$0) }
            if case .drop = verdict { continue }
            if case .cut = verdict { break }
            if case .forwardAndCut = verdict {
                // The client must not see the answer.
                shutdown(source, Int32(SHUT_RDWR))
                _ = send(target, buffer, count, Int32(MSG_NOSIGNAL))
                break
            }
            if case .forward(let act) = verdict { act() }
            if send(target, buffer, count, Int32(MSG_NOSIGNAL)) != count { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(target, Int32(SHUT_RDWR))
        if isAnswer { state.withLock { $0.closedByServer += 1 } }
    }

    private enum Verdict {
        case forward(after: @Sendable () -> Void = {})
        case drop, cut, forwardAndCut
    }

    private func decide(_ text: String, isAnswer: Bool, _ state: inout State) -> Verdict {
        switch state.fault {
        case .cutBefore(let word, let times) where !isAnswer && text.contains(word):
            state.fault = times > 1 ? .cutBefore(word, times: times - 1) : nil
            return .cut
        case .cutAfter(let word) where !isAnswer && text.contains(word):
            state.fault = nil
            return .forwardAndCut
        case .meanwhile(let word, let act) where !isAnswer && text.contains(word):
            state.fault = nil
            return .forward(after: act)
        case .stall where isAnswer:
            return .drop
        default:
            return .forward()
        }
    }
}
