import Logging
import Testing

@testable import Postgres

@Suite struct EnvironmentTests {
    @Test("what libpq's environment variables say does not matter to a connection")
    func ignoresEnvironment() async {
        _ = ServerUnderTest.shared
        await #expect(processExitsWith: .success) {
            let configuration = ServerUnderTest.shared.configuration(schema: "public")
            ServerUnderTest.makeEnvironmentHostile()
            let database = Database(configuration: configuration, logger: Logger(label: "test"))
            let settings = try await database.read("settings") { db in
                try db.one(
                    """
                    SELECT current_user, current_database(), current_schema(), current_setting('TimeZone'),
                           current_setting('synchronous_commit'), current_setting('client_encoding'), current_setting('DateStyle')
                    """,
                    as: (
                        String.self, String.self, String.self, String.self, String.self, String.self, String.self
                    ))
            }
            #expect(settings.0 == "postgres")
            #expect(settings.1 == "postgres")
            #expect(settings.2 == "public")
            #expect(settings.3 == "UTC")
            #expect(settings.4 == "on")
            #expect(settings.5 == "UTF8")
            #expect(settings.6.hasPrefix("ISO"))
        }
    }
}
