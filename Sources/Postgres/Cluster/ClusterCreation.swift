import FoundationEssentials
import Logging
import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Makes the data folder of a new cluster.
struct ClusterCreation {
    var folder: ClusterFolder
    var programs: ServerPrograms
    var user: ServerUser?
    var name: String
    var logger: Logger

    private static let prefix = "data.new-"

    /// Creates the cluster under a temporary name and renames it when it is whole, so that `data` is never half a cluster.
    ///
    /// The number in the temporary name is this process's: an `initdb` that a killed daemon left behind cannot write into ours.
    func run() async throws {
        let fresh = folder.base.appending("\(Self.prefix)\(getpid())")
        logger.info("creating the private database", metadata: ["db.folder": "\(folder.data)", "db.version": "\(programs.version)"])
        let began = ContinuousClock.now
        do {
            try await step(
                [programs.initdb.string, "-D", fresh.string, "-U", name, "--auth-local=trust", "--auth-host=reject"]
                    + ["-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"])
            try await step(["/bin/sh", "-c", Self.furnish, "sh", programs.postgres.string, fresh.string, name])
        } catch {
            await remove([fresh.string])
            throw error
        }
        guard unsafe rename(fresh.string, folder.data.string) == 0 else {
            throw PrivateClusterError(.creationFailed, "cannot rename \(fresh) to \(folder.data): \(Errno(rawValue: errno)).")
        }
        logger.info("created the private database", metadata: ["duration": "\(ContinuousClock.now - began)"])
    }

    /// Removes what an earlier, interrupted creation left.
    func removeLeftovers() async {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.base.string)) ?? []
        await remove(names.filter { $0.hasPrefix(Self.prefix) }.map { folder.base.appending($0).string })
    }

    /// Connections come from the socket only, whose folder lets only the server's user and root in. The database is made here, without a
    /// running server, so that a cluster is never without it.
    private static let furnish = """
        printf 'local all all trust\\nlocal replication all trust\\n' >"$2/pg_hba.conf" || exit
        exec "$1" --single -D "$2" -c exit_on_error=on postgres <<END
        CREATE DATABASE "$3"
        END
        """

    private func step(_ command: [String]) async throws {
        let log = ServerLog(folder.log)
        let program = ServerGuard(command, as: user, log: folder.log, stopSignal: "TERM", isProgram: { _ in false })
        let ending = await withTaskCancellationHandler {
            await program.ended()
        } onCancel: {
            // The handler cannot wait; `ended()` above does.
            Task { await program.stop(within: .seconds(10)) }
        }
        try Task.checkCancellation()
        let reason: String
        switch ending {
        case .exited(0, _): return
        case .exited(_, let complaint): reason = complaint
        case .notStarted(let text): reason = text + " "
        case .guardKilled: reason = "It was killed from outside. "
        }
        throw PrivateClusterError(
            .creationFailed,
            "the private database could not be created in \(folder.base). \(reason)"
                + ServerLog.explanation(of: reason + log.text, file: folder.log))
    }

    /// As the server's user: root removing in a folder of someone else could be led elsewhere.
    private func remove(_ paths: [String]) async {
        guard !paths.isEmpty else { return }
        _ = await ServerCommand.run("/bin/sh", ["-c", "rm -rf -- \"$@\"", "sh"] + paths, as: user)
    }
}
