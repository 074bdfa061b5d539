import ServiceLifecycle

/// Does something again and again, with the interval between the end of one time and the start of the next, until the service is told to
/// stop. What is being done then is finished first.
func repeating(every interval: Duration, _ body: () async -> Void) async {
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
        await body()
        // Ends early when the service is told to stop.
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
    }
}
