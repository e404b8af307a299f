"""``encoder.weights``: the finished trial of the storage, or the file, whose encoder a configuration starts from."""

from pydantic import ValidationError

from ablations.planning.configuration.configure import Configured, place_of
from ablations.store.find_trial import find_trial, trained_encoder
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.choices import with_value
from ablations.types.errors import StudyError
from core.config import PretrainConfig, TrainConfig
from core.config.models.weights import ENCODER, TRIAL, StartingWeights, library_of
from core.errors import DataError

WEIGHTS = ("encoder", "weights")
HASH = ("encoder", "weights_hash")


def started(configured: Configured, store: TrialStore) -> TrainConfig:
    """The configuration with the file and the hash of the trial's encoder that it starts from; unchanged if it starts
    from no trial. Raises ``StudyError`` for a trial that is not there or not finished, and if the encoder of the trial
    or of the file is another one."""
    config = configured.config
    encoder = config.pretrain.encoder
    if not isinstance(encoder, StartingWeights) or encoder.weights is None or library_of(encoder.weights):
        return config
    if not encoder.weights.startswith(TRIAL):
        _check_file(encoder, configured)
        return config
    try:
        trial = find_trial(store, str(encoder.weights).removeprefix(TRIAL))
        found = _hash_of(trial, config.pretrain, store)
        if encoder.weights_hash not in (encoder.weights, found):
            told = f"encoder.weights_hash is {encoder.weights_hash}, and trial {trial.id} has {found}"
            raise StudyError(f"{told}; write the other hash, or name another trial")
    except StudyError as error:
        raise StudyError(f"{place_of(WEIGHTS, configured)}: {error}") from error
    file = str(store.encoder_path(str(trial.pretrain_id)).resolve())
    return with_value(with_value(config, WEIGHTS, file), HASH, found)


def _check_file(encoder: StartingWeights, configured: Configured) -> None:
    from core.encoder.weights import file_misfit  # here, since PyTorch comes with it

    data = configured.config.pretrain.data
    try:
        told = file_misfit(encoder, data.image_size, data.channels)
    except DataError as error:
        told = str(error).removeprefix("encoder.weights: ")
        raise StudyError(f"{place_of(WEIGHTS, configured)}: {told}") from error
    if told:
        told = f"{encoder.weights} {told}; take the encoder of the file, or other weights"
        raise StudyError(f"{place_of(WEIGHTS, configured)}: {told}")


def _hash_of(trial: StoredTrial, wanted: PretrainConfig, store: TrialStore) -> str:
    """The ``weights_hash`` of a trial's encoder. Raises ``StudyError`` if the wanted encoder cannot start from it."""
    if not trial.pretrain_id or not store.trained([trial.pretrain_id]):
        raise StudyError(f"trial {trial.id} is not finished: its encoder is not trained; run its study first")
    _check_fits(trial, wanted)
    known = store.encoder_hash(trial.pretrain_id)  # empty for encoders of earlier versions
    if not known:
        from core import encoder_hash  # here, since PyTorch comes with it

        known = encoder_hash(trained_encoder(store, trial, "cpu").encoder)
    return f"{ENCODER}{known}"


def _check_fits(trial: StoredTrial, wanted: PretrainConfig) -> None:
    try:
        other = PretrainConfig.model_validate(trial.config.get("pretrain", {}))
    except ValidationError as error:
        told = "its configuration cannot be read; one of your own code needs 'uses', or --use FILE"
        raise StudyError(f"trial {trial.id}: {told}") from error
    sizes = other.data.image_size, wanted.data.image_size
    channels = other.data.channels, wanted.data.channels
    if _shape(other) == _shape(wanted) and sizes[0] == sizes[1] and channels[0] == channels[1]:
        return
    from core.encoder.weights import misfit  # here, since PyTorch comes with it

    if told := misfit(wanted, other):
        name = getattr(other.encoder, "name", other.encoder.kind)
        differ = channels[0] != channels[1]
        of, field = (f" and {channels[0]} channels", ", data.channels") if differ else ("", "")
        raise StudyError(
            f"the encoder of trial {trial.id}, {name} for views of {sizes[0]} pixels{of}, {told}; take its encoder"
            f"{field} and data.image_size, or another trial"
        )


def _shape(config: PretrainConfig) -> dict[str, object]:
    return config.encoder.model_dump(exclude={"weights_hash", "normalize"})
