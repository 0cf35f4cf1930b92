import Model

/// The next episode, track or part.
struct SeriesPredictor: Predictor {
    /// Who has come near the end of an episode or a track will want the next.
    mutating func read(
        _ step: ReadStep, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let (file, event) = (step.file, step.event)
        guard let facts = scene.files[file].facts, facts.contentType == .media,
            !scene.files[file].hasAskedForNext,
            scene.files[file].bytesRead >= event.fileSize / 10 * 8,
            event.range.upperBound >= event.fileSize / 10 * 8
        else { return }
        // Asked again with the next read, once nothing holds back.
        guard scene.arbiter.allows(.series, [.rest, .allowance]) else { return }
        scene.files[file].hasAskedForNext = true
        guard scene.arbiter.allows(.series, .trust),
            let snapshot = neighbours.files(of: facts.folder, filesMax: 4096),
            let next = snapshot.files.first(where: { FileNaming.isNext($0.name, after: facts.name) }
            )
        else { return }
        guard let place = scene.touchUnread(next),
            scene.arbiter.allows(.series, [.budget, .allowance])
        else { return }
        scene.propose(
            Candidate(
                place, 0..<min(next.size, 2 << 20), probability: 0.8, .series,
                Prediction.Because(confidence: 0.8), relatedType: next.contentType), at: event.at,
            &plan)
    }
}
