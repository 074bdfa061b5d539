import FoundationEssentials
import Glibc
import Logging
import Synchronization
import TrackCore
import TrackEvaluators

/// The measured domains of a job that is not done yet, in a file of the worker's own: an evaluation of hundreds of domains that is killed
/// goes on with the next one.
///
/// One file per job, appended to and synced domain by domain. It counts only for the very same evaluation: same checkpoint, revision and
/// protocol, same evaluator in the same environment. Only for attempts at one job, because a later job for the same checkpoint is there to
/// find out whether its numbers have moved. Failed domains are not kept: what failed once may succeed.
final class KeptDomains: Sendable {
    /// After so long a file belongs to a job that another machine has finished.
    static let lifetime = 7.0 * 86400

    private let path: String
    private let job: ClaimedJob
    private let documents: RestOfDocuments
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var descriptor: Int32 = -1
        /// Bytes of whole lines.
        var length: Int64 = 0
    }

    init(job: ClaimedJob, folder: WorkerFolder, logger: Logger) {
        path = folder.kept + "/job-\(job.job).jsonl"
        documents = RestOfDocuments(folder: folder)
        self.job = job
        self.logger = logger
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
    }

    /// - Parameter file: the documents of all domains.
    func memory(of request: EvaluationRequest, documents file: String) -> EvaluationMemory {
        EvaluationMemory(
            recall: { [self] in recall($0, request) },
            documents: { [documents] in try documents.write($0, of: request.domains, from: file) },
            keep: { [self] in keep($0, $1) })
    }

    /// When the job needs it no more: its run is durable, or it has ended without one.
    func forget() {
        unlink(path)
        documents.remove()
    }

    private func recall(_ hello: EvaluatorHello, _ request: EvaluationRequest) -> [Int: DomainMeasurement] {
        let heading = KeptHeading(job: job, evaluator: hello.label, environment: hello.environment)
        do {
            let found = try state.withLock { state in
                if state.descriptor >= 0 { close(state.descriptor) }
                state.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
                guard state.descriptor >= 0 else { throw failure("open") }
                let found = KeptLines.read(try Data(contentsOf: URL(filePath: path)), heading: heading, domains: request.domains)
                state.length = Int64(found.length)
                guard ftruncate(state.descriptor, off_t(found.length)) == 0 else { throw failure("shorten") }
                if found.length == 0 { try append(KeptLines.line(heading), &state) }
                return found
            }
            if let note = found.note { logger.notice("kept domains", metadata: ["note": "\(note)", "file": "\(path)"]) }
            if !found.domains.isEmpty {
                logger.notice(
                    "evaluation goes on", metadata: ["domains.kept": "\(found.domains.count)", "domains": "\(request.domains.count)"])
            }
            return found.domains
        } catch {
            logger.warning("measured domains are not kept", metadata: ["error": "\(error)"])
            return [:]
        }
    }

    private func keep(_ index: Int, _ measurement: DomainMeasurement) {
        guard case .measured = measurement.outcome else { return }
        do {
            try state.withLock { state in
                guard state.descriptor >= 0 else { return }
                try append(KeptLines.line(KeptDomain(index: index, domain: measurement)), &state)
            }
        } catch {
            logger.warning("a measured domain is not kept", metadata: ["error": "\(error)"])
        }
    }

    private func append(_ line: [UInt8], _ state: inout State) throws {
        let written = line.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = pwrite(state.descriptor, rest.baseAddress, rest.count, off_t(state.length) + off_t(line.count - rest.count))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return fsync(state.descriptor) == 0
        }
        guard written else {
            // A half written line would hide those after it.
            _ = ftruncate(state.descriptor, off_t(state.length))
            throw failure("write")
        }
        state.length += Int64(line.count)
    }

    private func failure(_ what: String) -> Problem {
        Problem(.internal, "Cannot \(what) \(path): \(String(cString: strerror(errno))).")
    }

    /// Removes the files of jobs that nobody asked this worker for again.
    static func sweep(_ folder: String, now: Timestamp) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            var status = stat()
            guard lstat(folder + "/" + name, &status) == 0 else { continue }
            if Double(now.milliseconds) / 1000 - Double(status.st_mtim.tv_sec) > lifetime { unlink(folder + "/" + name) }
        }
    }
}
