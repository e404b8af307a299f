"""Canaries: secret values for every variable that Ray, MLflow, boto3, gcsfs, fsspec and git read."""

from pathlib import Path

CANARY = "hunter2canary"
READ_BY = {
    "Ray": "RAY_REDIS_PASSWORD RAY_JOB_HEADERS WANDB_API_KEY COMET_API_KEY",
    "MLflow": "MLFLOW_TRACKING_PASSWORD MLFLOW_TRACKING_TOKEN MLFLOW_FLASK_SERVER_SECRET_KEY "
    "MLFLOW_CRYPTO_KEK_PASSPHRASE DATABRICKS_TOKEN AZURE_STORAGE_ACCESS_KEY AZURE_STORAGE_CONNECTION_STRING "
    "OPENAI_API_KEY PGPASSWORD",
    "boto3": "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SECURITY_TOKEN AWS_SESSION_TOKEN "
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "gcsfs": "FSSPEC_GS_TOKEN FSSPEC_GCS_TOKEN FSSPEC_S3_SECRET FSSPEC_S3_KEY",
    "git": "GIT_CONFIG_VALUE_0 GITHUB_TOKEN GIT_PASSWORD",
    "others": "HF_TOKEN KAGGLE_KEY",
}
NAMES = [name for names in READ_BY.values() for name in names.split()]


def canaries() -> dict[str, str]:
    """A different secret for each variable, so that a secret that is found names its variable."""
    found = {name: f"{CANARY}{name.lower().replace('_', '')}" for name in NAMES}
    for name in ("HTTPS_PROXY", "AWS_ENDPOINT_URL"):
        found[name] = f"http://me:{CANARY}{name.lower()}@127.0.0.1:9"
    return found | {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}


def holding(folder: Path, text: str = CANARY) -> list[str]:
    """Files below a folder that contain the text."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path) for path in files if text.encode() in path.read_bytes()]
