import Model

/// Subtitles, artwork and notes of what is opened.
struct SidecarPredictor: Predictor {
    mutating func opened(
        _ event: OpenEvent, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let facts = event.file
        guard facts.contentType == .media, facts.size >= 32 << 20,
            let place = scene.files.place(of: facts.number), scene.files[place].opens == 1,
            scene.arbiter.allows(.sidecar, [.rest, .trust, .allowance]),
            let snapshot = neighbours.files(of: facts.folder, filesMax: 1024)
        else { return }
        let because = Prediction.Because(confidence: 0.7)
        let sidecars = snapshot.files.filter {
            ($0.contentType == .metadata || $0.contentType == .thumbnail) && $0.size <= 1 << 20
                && FileNaming.isSidecar($0.name, of: facts.name)
        }
        for sidecar in sidecars.prefix(4) {
            let place = scene.files.touch(
                sidecar.number, size: sidecar.size, chunkSize: sidecar.chunkSize)
            guard scene.files[place].reads == 0 else { continue }
            scene.propose(
                Candidate(
                    place, 0..<sidecar.size, probability: 0.7, .sidecar, because,
                    relatedType: sidecar.contentType), at: event.at, &plan)
        }
    }
}
