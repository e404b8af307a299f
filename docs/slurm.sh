#!/bin/bash
# A study on a Slurm allocation: sbatch docs/slurm.sh batch_epochs --scale imagenet --data-dir /SHARED/data
# Ray is begun on every node, the run on the first, and all ends with the run: Ray's other nodes a minute later, when they
# miss its head. When the time is over Slurm ends it as any kill does: submit the same line again, and it goes on.
# The folder from which it is submitted must be there on all nodes; MLflow's database, mlflow.db, is made in it.
#SBATCH --job-name=ablate
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=96
#SBATCH --exclusive
#SBATCH --time=24:00:00
set -euo pipefail
source "${ABLATE_ENVIRONMENT:-$HOME/ablations}/bin/activate"

RAY_AUTH_TOKEN=$(python -c "import secrets; print(secrets.token_hex(32))")
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN
export RAY_SYMMETRIC_RUN_CLUSTER_WAIT_TIMEOUT=600 # Python on a shared folder starts slowly

# Its address, since by its name a machine may know itself as 127.0.1.1
head=$(hostname --all-ip-addresses | cut -d " " -f 1)

srun --cpus-per-task="$SLURM_CPUS_PER_TASK" \
    ray symmetric-run --address "$head:6379" --min-nodes "$SLURM_NNODES" --num-cpus "$SLURM_CPUS_PER_TASK" -- \
    ablate run --address auto --storage "${ABLATE_STORAGE:-$HOME/runs}" "$@"
