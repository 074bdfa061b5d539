import FoundationEssentials
import Logging
import Postgres
import SystemPackage

/// A private cluster that lives as long as the test process.
enum TestCluster {
    static func start(logger: Logger) async throws -> PrivateCluster {
        sweep()
        let folder = FilePath("\(parents.first(where: hasRoom) ?? "/tmp")/\(prefix)\(ProcessInfo.processInfo.processIdentifier)")
        let configuration = PrivateClusterConfiguration(lock: try StateFolderLock.acquire(folder), logger: logger)
        let (answers, answer) = AsyncThrowingStream<PrivateCluster, any Error>.makeStream()
        // Nobody waits for this task: when the process ends, the cluster's guard stops the server.
        Task.detached {
            do {
                try await PrivateCluster.withRunning(configuration) { cluster in
                    answer.yield(cluster)
                    answer.finish()
                    while true { try await Task.sleep(for: .seconds(86_400)) }
                }
            } catch {
                answer.finish(throwing: error)
            }
        }
        for try await cluster in answers { return cluster }
        throw CancellationError()
    }

    private static let prefix = "track-tests-"

    /// Memory first: a private cluster waits for its disk at every commit, as it must, and a database per test is many of them.
    private static let parents = ["/dev/shm", "/tmp"]

    /// Whether the file system takes a cluster and a few dozen databases.
    private static func hasRoom(_ folder: String) -> Bool {
        let free = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize] as? Int
        return (free ?? 0) > 2 << 30
    }

    /// Removes the folders of test processes that have ended.
    private static func sweep() {
        let files = FileManager.default
        for parent in parents {
            for name in (try? files.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
                guard let pid = Int32(name.dropFirst(prefix.count)), !files.fileExists(atPath: "/proc/\(pid)"),
                    !files.fileExists(atPath: "\(parent)/\(name)/postgres/data/postmaster.pid")
                else { continue }
                try? files.removeItem(atPath: "\(parent)/\(name)")
            }
        }
    }
}
