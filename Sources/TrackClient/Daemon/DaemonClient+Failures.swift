import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension DaemonClient {
    /// What a failure of the transport means, nil when it is not one: an error of the caller's own closure.
    static func meaning(of error: any Error, at address: DaemonAddress, limit: Int64) -> DaemonUnreachable? {
        guard let reason = reason(of: error, limit: limit) else { return nil }
        return DaemonUnreachable(address: address, reason: reason)
    }

    private static func reason(of error: any Error, limit: Int64) -> DaemonUnreachable.Reason? {
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout:
                return .timedOut(seconds: error == .connectTimeout ? DaemonClient.connectLimit : limit)
            case .remoteConnectionClosed, .bodyLengthMismatch: return .interrupted
            default: return .other
            }
        case let error as IOError: return reason(ofCode: error.errnoCode)
        case let error as NIOConnectionError:
            if error.dnsAError != nil || error.dnsAAAAError != nil, error.connectionErrors.isEmpty { return .unknownHost }
            let codes = error.connectionErrors.compactMap { ($0.error as? IOError)?.errnoCode }
            return codes.first.map(reason(ofCode:)) ?? .other
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return .notTrusted(mistrust(error))
        case is ChannelError: return .interrupted
        case let error as HTTPParserError: return error == .invalidEOFState ? .interrupted : .other
        default: return nil
        }
    }

    /// What is wrong with the other end's certificate; the library tells it within longer texts.
    private static func mistrust(_ error: any Error) -> DaemonUnreachable.Mistrust {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return .name }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return .authority }
        return .noTLS
    }

    private static func reason(ofCode code: Int32) -> DaemonUnreachable.Reason {
        switch code {
        case ENOENT, ENOTDIR: .noSocket
        case ECONNREFUSED: .refused
        case EACCES, EPERM: .noPermission
        case ECONNRESET, EPIPE: .interrupted
        case ETIMEDOUT: .timedOut(seconds: DaemonClient.connectLimit)
        default: .other
        }
    }
}
