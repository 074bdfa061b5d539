import FoundationEssentials
import Glibc
import SystemPackage
import Testing
import TrackClient
import TrackCore
import TrackDaemon

extension DaemonTests {
    @Suite struct FullDiskTests {
        @Test(
            "on a full disk recording says so and keeps nothing; with room again it works",
            .enabled("mounting a small disk needs root", { geteuid() == 0 }))
        func fullDisk() async throws {
            let site = try Site.here
            let disk = site.root + "/disk"
            #expect(mkdir(disk, 0o755) == 0)
            let mounted = mount("tmpfs", disk, "tmpfs", 0, "size=160m,mode=755")
            guard mounted == 0 else {
                // A container may be root without being allowed to mount.
                withKnownIssue("a full disk was not tested: mounting is refused (\(Errno(rawValue: errno)))") { #expect(mounted == 0) }
                return
            }
            defer { umount2(disk, Int32(MNT_DETACH)) }
            try Site.copy(site.root + "/template", to: disk + "/state")
            let daemon = try await RunningDaemon(StateFolder(path: disk + "/state"))
            let ballast = disk + "/ballast"
            try await daemon.with { client in
                let evaluations = try await Evaluations("disk", client: client)
                try await evaluations.add(0, client: client)
                let small = evaluations.run(0)
                #expect(try await client.record(small) == .accepted)

                try fill(ballast)
                // Texts that do not compress need pages of their own.
                let documents =
                    (0..<2000).map { _ in DocumentLine(domain: 0, text: noise()) }
                    + [DocumentLine(domain: 1, text: noise()), DocumentLine(domain: 2, text: noise())]
                let refused = try await daemon.refusal {
                    _ = try await $0.addRevision(of: "too-much", Evaluations.head(seed: 1), documents: documents)
                }
                #expect(refused?.status == 503, "\(refused?.detail ?? "accepted")")
                #expect(refused?.detail.contains("room") == true || refused?.detail.contains("disk") == true)
                let large = evaluations.run(0, environment: noise(200_000))
                let unrecorded = try await daemon.refusal { _ = try await $0.record(large) }
                #expect(unrecorded?.status == 503, "\(unrecorded?.detail ?? "accepted")")
                let start = ContinuousClock.now
                for _ in 0..<20 {
                    let unrecorded = try await daemon.refusal { _ = try await $0.record(large) }
                    #expect(unrecorded?.status == 503)
                }
                // One line in ten seconds: the log may lie on that disk too.
                let lines = daemon.program.errors.split(separator: "\n").count { $0.contains("request failed for now") }
                #expect(1...(2 + Int((ContinuousClock.now - start) / LogLimit.interval)) ~= lines)
                #expect(try await client.run(small.id).digest == small.digest)
                let absent = try await daemon.refusal { _ = try await $0.run(large.id) }
                #expect(absent?.status == 404)

                #expect(unlink(ballast) == 0)
                #expect(try await client.record(large) == .accepted)
                #expect(try await client.run(large.id).digest == large.digest)
                let sets = try await client.domainSets().map(\.name)
                #expect(sets == ["disk"])
                #expect(try await client.addRevision(of: "too-much", Evaluations.head(seed: 1), documents: documents).created)
            }
            #expect(try await daemon.stop() == 0)
        }

        /// Letters that do not compress to less than three quarters.
        private func noise(_ count: Int = 4000) -> String {
            Data((0..<count * 3 / 4).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        }

        /// Writes until nothing more fits.
        private func fill(_ path: String) throws {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerReadWrite])
            defer { try? file.close() }
            for size in [1 << 20, 4096] {
                let chunk = [UInt8](repeating: 1, count: size)
                while (try? file.writeAll(chunk)) != nil {}
            }
        }
    }
}

extension Evaluations {
    fileprivate func run(_ step: Int64, environment note: String) -> EvaluationRun {
        var run = run(step)
        run.environment["note"] = note
        return run
    }
}
